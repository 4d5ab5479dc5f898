export { CannotStart } from './cannot-start.js';
export {
  Clock,
  Ids,
  isoInstant,
  Randomness,
  secretToken,
  SeededRandomness,
  SystemClock,
  SystemRandomness,
} from './clock.js';
export { contextIn } from './context-in.js';
export { Alarm, holdsWithin, Limit, pause, within } from './deadline.js';
export { errorMessage, errorReport, type ErrorReport, errorStack, errorText, isError } from './error-report.js';
export { isPrivate, networkOf } from './network.js';
export {
  type AnySettingsClass,
  checkSettings,
  commaSeparated,
  type Environment,
  integer,
  onOff,
  settings,
  type SettingsClass,
  settingsExample,
  WrongSettings,
} from './settings.js';
export { exceeds } from './size.js';
export { Tasks } from './tasks.js';
