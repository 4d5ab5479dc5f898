/** How errors are told, by itself: it loads nothing else, for what runs before the kernel or without it. */
export { type ErrorReport, errorMessage, errorReport, errorStack, errorText } from './error-report.js';
