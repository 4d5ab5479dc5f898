/** The embedded server's own face: light to load, so that it can start while the rest is being loaded. */
export { makeDataDirectory } from './data-directory.js';
export { type EmbeddedPostgres, isEmbedded, startEmbeddedPostgres } from './embedded-postgres.js';
export { freePort } from '../runtime/free-port.js';
export { identityOf, isAlive } from '../runtime/process-identity.js';
export { withStartLock } from '../runtime/start-lock.js';
