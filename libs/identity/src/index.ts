export { IdentityModule } from './identity.module.js';
export { IdentitySettings } from './identity-settings.js';
