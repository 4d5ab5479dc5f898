export { type Access, anyone, authenticated, internal, owner, permission } from './access.js';
export { checkInput, type Wrong } from './check-input.js';
export {
  type ErrorDeclaration,
  type ErrorDeclarations,
  Failure,
  type FailureEnvelope,
  kernelErrors,
} from './failure.js';
export {
  command,
  type CommandClass,
  type Contract,
  contractOf,
  event,
  type EventClass,
  keyOf,
  type MessageClass,
  query,
  type QueryClass,
} from './message.js';
export type { FlowHeaders, MessageEnvelope, MessageHeaders, OutgoingMessage } from './message-envelope.js';
export { addMoney, InexactAmount, multiplyMoney } from './money.js';
export { assertJsonOnly, Currency, Instant, Money, personal, redact, secret, text, Uuid } from './schema.js';
