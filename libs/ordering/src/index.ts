export { OrderingModule } from './ordering.module.js';
export { OrderingSettings } from './ordering-settings.js';
