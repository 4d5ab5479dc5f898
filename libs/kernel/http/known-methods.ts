import { Injectable } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';

interface Route {
  readonly segments: readonly string[];
  readonly methods: Set<string>;
}

/** Which methods each address takes: asked where the router has found nothing, so that another method is 405 and not 404. */
@Injectable()
export class KnownMethods {
  private readonly routes = new Map<string, Route>();

  collect(fastify: FastifyInstance): void {
    fastify.addHook('onRoute', ({ url, method }) => {
      if (url === '*') return; // a preflight's
      const route = this.routes.get(url) ?? { segments: url.split('/'), methods: new Set() };
      for (const name of [method].flat()) route.methods.add(name);
      this.routes.set(url, route);
    });
  }

  /** In alphabetical order; none where the address is not there at all. */
  at(url: string): string[] {
    const path = url.split('?', 1)[0]!.split('/');
    const here = [...this.routes.values()].filter(({ segments }) => leadsTo(path, segments));
    return [...new Set(here.flatMap(({ methods }) => [...methods]))].toSorted();
  }
}

/** `/books/:id` leads to `/books/7`, and `/docs/*` to all below it. */
function leadsTo(path: readonly string[], route: readonly string[]): boolean {
  if (route.length !== path.length && route.at(-1) !== '*') return false;
  return route.every(
    (segment, at) => segment === '*' || (segment.startsWith(':') ? Boolean(path[at]) : segment === path[at]),
  );
}
