/** Why a row cannot be imported. Caught where rows are read, and told as a rejected entry. */
export class RowFault extends Error {
  override readonly name = 'RowFault';
  readonly code: string;

  constructor(what: string, message: string) {
    super(message);
    this.code = `catalog.import.${what}`;
  }
}

/** A value from the file, quoted and cut short, to stand in a message. */
export const shown = (value: string): string => JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
