import { Injectable, Logger } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ListPaymentProviders } from '#payments/contracts';
import { Clock, errorText } from '#kernel';

const FRESH_MS = 60_000;

/**
 * The shop's payment providers, as payments names them. Asked once a minute, and for a name that is not among them. An old
 * answer serves while payments is unreachable, so that checkouts go on without it.
 */
@Injectable()
export class PaymentProviders {
  private readonly logger = new Logger('Ordering');
  private names: readonly string[] | undefined;
  private askedAt = -Infinity;
  private asking: Promise<void> | undefined;

  constructor(
    private readonly queries: QueryBus,
    private readonly clock: Clock,
  ) {}

  /** The names, asked for anew where `wanted` is not among those known. @throws Failure where payments has never answered and does not now */
  async including(wanted: string): Promise<readonly string[]> {
    if (!this.names?.includes(wanted) || this.clock.now() - this.askedAt > FRESH_MS) {
      this.asking ??= this.ask().finally(() => (this.asking = undefined));
      await this.asking;
    }
    return this.names ?? [];
  }

  private async ask(): Promise<void> {
    try {
      ({ names: this.names } = await this.queries.execute(new ListPaymentProviders({})));
    } catch (error) {
      if (!this.names) throw error;
      this.logger.warn(`payments does not answer, its providers of before still count: ${errorText(error)}`);
    }
    this.askedAt = this.clock.now();
  }
}
