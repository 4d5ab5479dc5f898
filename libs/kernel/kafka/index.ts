export { kafka } from './broker.js';
