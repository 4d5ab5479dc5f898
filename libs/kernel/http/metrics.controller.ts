import { Controller, Get, Req, Res, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isPrivate } from '#kernel/base';
import { Metrics } from '#kernel/core';
import { edgeFailure } from './edge-failure.js';
import { HttpSettings } from './http-settings.js';

/** For Prometheus. What an application does in an hour is nobody's business: outside of private networks there is nothing here. */
@ApiExcludeController()
@Controller({ path: 'metrics', version: VERSION_NEUTRAL })
export class MetricsController {
  constructor(
    private readonly metrics: Metrics,
    private readonly settings: HttpSettings,
  ) {}

  @Get()
  async scrape(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    if (!this.settings.METRICS_PUBLIC && !this.isFromInside(request)) throw edgeFailure('http.not_found');
    const { contentType, text } = await this.metrics.text();
    await reply.type(contentType).header('cache-control', 'no-store').send(text);
  }

  /** Whoever it came from and through, named as proxies name them: one stranger makes a stranger, whichever proxies are trusted. */
  private isFromInside({ socket, headers }: FastifyRequest): boolean {
    const { forwarded, 'x-forwarded-for': through } = headers;
    const proxied = through === undefined ? [] : String(through).split(',');
    return forwarded === undefined && [socket.remoteAddress ?? '', ...proxied].every((one) => isPrivate(one.trim()));
  }
}
