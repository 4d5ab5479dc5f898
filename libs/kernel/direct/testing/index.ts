export { directProcesses } from './direct-processes.js';
