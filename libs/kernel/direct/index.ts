export { direct } from './broker.js';
