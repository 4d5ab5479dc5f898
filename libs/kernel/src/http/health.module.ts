import { Controller, Get, Module, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import {
  HealthCheck,
  type HealthCheckResult,
  HealthCheckService,
  type HealthIndicatorFunction,
  HealthIndicatorService,
  TerminusModule,
} from '@nestjs/terminus';
import { Registry } from '../bus/registry.js';
import { sql } from '../database/sql.js';
import type { Database } from '../database/database.js';
import { Lifecycle } from './lifecycle.js';

const PATIENCE_MS = 1_000;

/** For whoever runs the process: does it live, may it get requests, has it started? 200, or 503. */
@ApiExcludeController()
@Controller({ path: 'health', version: VERSION_NEUTRAL })
class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly registry: Registry,
    private readonly lifecycle: Lifecycle,
  ) {}

  @Get('live')
  @HealthCheck({ swaggerDocumentation: false })
  live(): Promise<HealthCheckResult> {
    return this.health.check([]);
  }

  @Get('startup')
  @HealthCheck({ swaggerDocumentation: false })
  startup(): Promise<HealthCheckResult> {
    return this.health.check([() => this.started()]);
  }

  @Get('ready')
  @HealthCheck({ swaggerDocumentation: false })
  ready(): Promise<HealthCheckResult> {
    const databases = [...this.registry.databases.values()];
    return this.health.check([
      () => this.started(),
      ...databases.map(
        (database): HealthIndicatorFunction =>
          () =>
            this.answers(database),
      ),
    ]);
  }

  private started() {
    const indicator = this.indicators.check('startup');
    return this.lifecycle.started ? indicator.up() : indicator.down();
  }

  private async answers(database: Database) {
    const indicator = this.indicators.check(database.context);
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<'late'>((resolve) => (timer = setTimeout(resolve, PATIENCE_MS, 'late')));
    const answered = database.query(sql`select 1`).catch(() => 'away' as const); // told below, and no reason in public
    const outcome = await Promise.race([answered, tooLate]);
    clearTimeout(timer);
    return typeof outcome === 'string' ? indicator.down(outcome) : indicator.up();
  }
}

@Module({ imports: [TerminusModule.forRoot({ errorLogStyle: 'json' })], controllers: [HealthController] })
export class HealthModule {}
