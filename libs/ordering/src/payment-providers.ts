import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ListPaymentProviders } from '#payments/contracts';
import { Clock, errorText, within } from '#kernel/base';

const FRESH_MS = 60_000;
/** A checkout waits this long for payments, which has the last word on its provider anyway. */
const PATIENCE_MS = 1_000;

/**
 * The shop's payment providers, as payments names them. Asked at boot, once a minute, and for a name that is not among them. An
 * old answer serves while payments is unreachable, so that checkouts go on without it.
 */
@Injectable()
export class PaymentProviders implements OnApplicationBootstrap {
  private readonly logger = new Logger('Ordering');
  private names: readonly string[] | undefined;
  private askedAt = -Infinity;
  private asking: Promise<void> | undefined;

  constructor(
    private readonly queries: QueryBus,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    void this.refresh();
  }

  /** The names, asked for anew where `wanted` is not among those known. Undefined where payments has not answered yet. */
  async including(wanted: string): Promise<readonly string[] | undefined> {
    const isKnown = this.names?.includes(wanted) ?? false;
    if (!isKnown) await within(PATIENCE_MS, this.refresh(), undefined);
    else if (this.clock.now() - this.askedAt > FRESH_MS) void this.refresh();
    return this.names;
  }

  private refresh(): Promise<void> {
    return (this.asking ??= this.ask().finally(() => (this.asking = undefined)));
  }

  private async ask(): Promise<void> {
    this.askedAt = this.clock.now();
    try {
      ({ names: this.names } = await this.queries.execute(new ListPaymentProviders({})));
    } catch (error) {
      this.logger.warn(`payments does not tell its providers, what is known of them still counts: ${errorText(error)}`);
    }
  }
}
