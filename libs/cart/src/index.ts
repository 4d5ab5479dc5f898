export { CartModule } from './cart.module.js';
export { CartSettings } from './cart-settings.js';
