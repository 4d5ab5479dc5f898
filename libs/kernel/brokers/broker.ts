import { readFileSync } from 'node:fs';
import { type AnySettingsClass, type Environment, errorText, WrongSettings } from '#kernel/base';
import type { CallTransport, EventTransport } from '#kernel/core';
import type { LocalService } from '#kernel/local';
import type { Carrier } from '#kernel/topology';
import type { BusOptions } from './bus-options.js';

/**
 * A broker as it describes itself: its settings and their checks (`Carrier`), its transports, and how a laptop starts it. Its
 * face holds this alone; what it needs is loaded when it is used. Which boot warnings it has, `EventTransport.persistence` says.
 */
export interface Broker extends Carrier {
  readonly settings: AnySettingsClass;
  /** @throws WrongSettings */
  readonly calls?: (options: TransportOptions) => Promise<CallTransport>;
  /** @throws WrongSettings */
  readonly events?: (options: TransportOptions) => Promise<EventTransport>;
  /** Absent where a laptop needs nothing beside the processes themselves. */
  readonly local?: LocalService;
  /** A folder in which its transports find each other on one machine: the setting that names it, and its name in the data directory. */
  readonly folder?: { readonly setting: string; readonly name: string };
}

/** The options of a broker's transports. */
export interface TransportOptions extends BusOptions {
  readonly environment: Environment;
  /** The hosts on which the processes of each context may run, as `host` or `host:port`. */
  readonly hosts: ReadonlyMap<string, readonly string[]>;
  /** The partitions of each log, and of each topic of calls. */
  readonly partitions: number;
}

/** The certificates in the file that a setting names. @throws WrongSettings where it cannot be read */
export function certificatesIn(setting: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new WrongSettings([`${setting}=${file}: cannot be read: ${errorText(error)}`]);
  }
}
