/** The settings of a run: one table of them, read from a file, the environment and the command line. */

export { type Configuration, loadConfiguration, type Sources } from './load.ts';
export {
  DISK_MODES,
  type DiskMode,
  SETTINGS,
  type Setting,
  type SettingKey,
  type Settings,
  type TagPattern,
  variableOf,
} from './settings.ts';
export { shownValue } from './values.ts';
