const longestTimer = 60_000;

/** One timer for the earliest thing to come. Rings early rather than late: look at the clock when it does. */
export class Alarm {
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly ring: () => void) {}

  /** Replaces the time set before; null sets none. */
  set(at: number | null): void {
    clearTimeout(this.timer);
    if (at !== null) this.timer = setTimeout(this.ring, Math.min(longestTimer, Math.max(0, at - Date.now())));
  }
}
