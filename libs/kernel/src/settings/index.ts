/** Settings by themselves: light to load, for what runs before the kernel. */
export {
  type AnySettingsClass,
  checkSettings,
  type Environment,
  integer,
  onOff,
  settings,
  type SettingsClass,
  settingsExample,
  WrongSettings,
} from './settings.js';
