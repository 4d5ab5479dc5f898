import { Controller, Get, Module, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import {
  HealthCheck,
  type HealthCheckResult,
  HealthCheckService,
  HealthIndicatorService,
  TerminusModule,
} from '@nestjs/terminus';
import { within } from '#kernel/base';
import { type Database, Readiness, type ReadinessCheck, Registry, sql } from '#kernel/core';
import { Lifecycle } from './lifecycle.js';
import { MetricsController } from './metrics.controller.js';

const PATIENCE_MS = 1_000;

/** For whoever runs the process: does it live, may it get requests, has it started? 200, or 503. */
@ApiExcludeController()
@Controller({ path: 'health', version: VERSION_NEUTRAL })
class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly registry: Registry,
    private readonly readiness: Readiness,
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
    const checks = new Map<string, ReadinessCheck>([
      ...[...this.registry.databases].map(([context, database]) => [context, () => wrongWith(database)] as const),
      ...this.readiness.checks,
    ]);
    return this.health.check([() => this.started(), ...[...checks].map((check) => () => this.outcome(...check))]);
  }

  private started() {
    const indicator = this.indicators.check('startup');
    return this.lifecycle.started ? indicator.up() : indicator.down();
  }

  private async outcome(name: string, check: ReadinessCheck) {
    const indicator = this.indicators.check(name);
    const wrong = await within(PATIENCE_MS, Promise.resolve(check()), 'late');
    return wrong === undefined ? indicator.up() : indicator.down(wrong);
  }
}

const wrongWith = (database: Database): Promise<string | undefined> =>
  database.query(sql`select 1`).then(
    () => undefined,
    () => 'away', // told, and no reason in public
  );

@Module({
  imports: [TerminusModule.forRoot({ errorLogStyle: 'json' })],
  controllers: [HealthController, MetricsController],
})
export class HealthModule {}
