/** Why nothing was started, and what to do: its message is all that the operator needs. */
export class CannotStart extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CannotStart';
  }
}
