export { DemoAccounts } from './demo-accounts.js';
export { IdentityModule } from './identity.module.js';
export { IdentitySettings } from './identity-settings.js';
