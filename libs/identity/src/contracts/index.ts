export { GetJwks } from './get-jwks.js';
export { LogIn } from './log-in.js';
