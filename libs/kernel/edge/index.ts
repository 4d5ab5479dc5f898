export { API_OPTIONS, type ApiOptions, type GuestToken } from './api-options.js';
export { correlationIdOf, isCallId } from './call-ids.js';
export { EdgeModule } from './edge.module.js';
export { EdgeSettings } from './edge-settings.js';
export { failureOf, titleOf } from './failure-of.js';
export { CONTEXTS, Fleet } from './fleet.js';
export { inOrder } from './flow-order.js';
export { type Client, type Limit, type Policy, RateLimits } from './rate-limits.js';
export { asBoth, guestOf, WhoAsks } from './who-asks.js';
