export { type Access, anyone, authenticated, internal, owner, permission } from './access.js';
export { checkInput, MOST_ISSUES, type Wrong } from './check-input.js';
export { ContractError } from './contract-error.js';
export {
  type ErrorDeclaration,
  type ErrorDeclarations,
  Failure,
  type FailureEnvelope,
  type KernelErrorCode,
  kernelErrors,
  kernelFailure,
} from './failure.js';
export { JsonText, vouched } from './json-text.js';
export {
  type FlowHeaders,
  flowHeaders,
  type MessageEnvelope,
  messageHeaders,
  type MessageHeaders,
  type OutgoingMessage,
} from './message-envelope.js';
export {
  command,
  type CommandClass,
  type Contract,
  contractNamed,
  contractOf,
  event,
  type EventClass,
  keyOf,
  type MessageClass,
  query,
  type QueryClass,
  takesKey,
} from './message.js';
export { addMoney, InexactAmount, multiplyMoney } from './money.js';
export {
  assertJsonOnly,
  Currency,
  Instant,
  Money,
  personal,
  redact,
  secret,
  text,
  Uuid,
  withoutSecrets,
} from './schema.js';
