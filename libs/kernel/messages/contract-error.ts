/** A contract that cannot be, or is used as what it is not. A class of its own: of the platform's errors few messages are told. */
export class ContractError extends TypeError {
  override name = 'ContractError';
}
