/** The file as a whole cannot be read: no row of it was looked at. `code` is `catalog.import.<what>`. */
export class UnreadableCsv extends Error {
  override readonly name = 'UnreadableCsv';
  readonly code: string;

  constructor(what: string, message: string) {
    super(message);
    this.code = `catalog.import.${what}`;
  }
}
