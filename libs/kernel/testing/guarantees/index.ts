export { callGuarantees, echo, expectAtMostOnce, insist, never, request } from './call-guarantees.js';
export {
  appendAgain,
  appendEach,
  itCarriesEvents,
  itSurvivesTrouble,
  message,
  messages,
  numbers,
  numbersOf,
  once,
  reading,
} from './event-guarantees.js';
export { pem, securedOver } from './secured.js';
