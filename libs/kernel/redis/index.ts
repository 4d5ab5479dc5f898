export { redis } from './broker.js';
