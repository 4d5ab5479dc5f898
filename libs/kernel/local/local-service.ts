import type { Environment } from '#kernel/base';

/**
 * A service that production has and a laptop lacks: a database server, a broker. It is started where its setting is unset. It
 * outlives the process that started it, and its data is in a folder of its name in the data directory.
 */
export interface LocalService {
  readonly name: string;
  /** The name of its port in processes.json. */
  readonly port: string;
  /** The setting that says where it is. Where that is set, nothing is started. */
  readonly setting: string;
  /** Starts it, or adopts the one that runs on its folder. Takes the port of last time where that is free. */
  start(options: LocalServiceOptions): Promise<RunningService>;
}

export interface LocalServiceOptions {
  readonly dataDir: string;
  readonly environment: Environment;
  readonly tell: (line: string) => void;
  /** Tells where the service will be, for those who need no more than its address. */
  readonly announce: (environment: Environment) => void;
  /** Resolves when the server answers. A service that has announced its address may wait for it, to leave the server the machine. */
  readonly serving: Promise<unknown>;
}

export interface RunningService {
  /** The settings that tell its address. */
  readonly environment: Environment;
  readonly pid: number;
  readonly port: number;
  /** True where it ran already. */
  readonly adopted: boolean;
  /** Ends it, whoever started it. Its data stays. */
  stop(): Promise<void>;
}
