export { PaymentsModule } from './payments.module.js';
export { PaymentsSettings } from './payments-settings.js';
