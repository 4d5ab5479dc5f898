/** The accounts of the demo. Their passwords are published, so they exist on the embedded database of a laptop alone. */
export const demoAdministrator = { email: 'admin@cleave.test', password: 'cleave-admin-1' };
export const demoCustomer = { email: 'customer@cleave.test', password: 'cleave-customer-1' };
