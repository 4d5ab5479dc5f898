/** Where a process accepts calls. */
export interface Address {
  /** As it was looked up: the name in its certificate. */
  readonly host: string;
  readonly ip: string;
  readonly port: number;
}

/** Service discovery: how processes find those that serve a context. */
export interface Discovery {
  /** The addresses at which processes may serve the context now. @throws Error where that cannot be told: the former ones hold */
  find(context: string): Promise<readonly Address[]>;
  /** Makes known that this process serves the context on this port. */
  announce(context: string, port: number): Promise<void>;
  /** Takes back all that this process has announced. */
  withdraw(): Promise<void>;
}
