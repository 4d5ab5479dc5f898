export { demoAdministrator, demoCustomer } from './demo-accounts.js';
export { GetJwks } from './get-jwks.js';
export { GetMe } from './get-me.js';
export { LogIn } from './log-in.js';
export { LogOut } from './log-out.js';
export { Refresh } from './refresh.js';
export { Register } from './register.js';
export { RotateSigningKey } from './rotate-signing-key.js';
