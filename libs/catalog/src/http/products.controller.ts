import { Body, Controller, Get, Param, Patch, Post, Query, Req, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type * as z from 'zod';
import { Answers, ForVersions, sendTagged, Tagged, type Upload, versionsWanted } from '#kernel/http';
import { kernelErrors } from '#kernel/messages';
import {
  ArchiveProduct,
  CreateProduct,
  EditProduct,
  GetProduct,
  ImportProducts,
  ListProducts,
  type Product,
  PublishProduct,
} from '../contracts/index.js';
import { importDescription, importExamples } from './import-examples.js';
import { ImportReport, ProductImport } from './product-import.js';
import { unreadableFile } from './unreadable-file.js';

const idOrHandle = { schema: GetProduct.input.shape.idOrHandle };
const ProductPatch = EditProduct.input.omit({ idOrHandle: true, ifMatch: true });

/** Anybody may keep it, and asks whether it is still the same before showing it: prices and stock change. */
const SHARED = 'public, max-age=0, must-revalidate';
const OWN = 'private, no-store';

@ApiTags('products')
@Controller({ path: 'products', version: '1' })
export class ProductsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly imports: ProductImport,
  ) {}

  @Post('import')
  @Answers(200, ImportProducts, {
    summary: 'Creates products from a file, or brings them up to it. Up to 200 MiB; again is fine.',
    description: importDescription,
    body: importExamples,
    answer: ImportReport,
    errors: unreadableFile,
  })
  import(@Body() file: Upload | undefined) {
    return this.imports.run(file ?? { type: 'text/csv', bytes: nothing() });
  }

  @Post()
  @Answers(201, CreateProduct, { summary: 'A new product, a draft. Without a handle it gets one from its title.' })
  async create(
    @Body({ schema: CreateProduct.input }) product: z.output<typeof CreateProduct.input>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const created = await this.commands.execute(new CreateProduct(product));
    reply.header('location', `/api/v1/products/${created.id}`);
    return written(reply, created);
  }

  @Get()
  @Answers(200, ListProducts, {
    summary: 'Products, a page at a time: newest first, or with `query` the best match first.',
    errors: { 'kernel.forbidden': kernelErrors['kernel.forbidden'] },
  })
  async list(
    @Query({ schema: ListProducts.input }) page: z.output<typeof ListProducts.input>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const products = await this.queries.execute(new ListProducts(page));
    reply.header('cache-control', page.status === 'published' ? 'public, max-age=5' : OWN);
    return products;
  }

  @Get(':idOrHandle')
  @Answers(200, GetProduct, { summary: 'One product, by its id or handle.' })
  @Tagged()
  async get(@Param('idOrHandle', idOrHandle) idOrHandle: string, @Res() reply: FastifyReply) {
    const product = await this.queries.execute(new GetProduct({ idOrHandle }));
    reply.header('cache-control', product.status === 'published' ? SHARED : OWN);
    return sendTagged(reply, product.version, product);
  }

  @Patch(':idOrHandle')
  @Answers(200, EditProduct, {
    summary: 'Changes what the body names, as a JSON merge patch (RFC 7396).',
    description:
      'What is missing stays, null empties, a list is replaced as a whole. A variant that keeps its SKU keeps its id. With If-Match of several changes at once one is carried out, and the others get 412; without it the last one wins. Stock that changed since the product was read is no reason for 412.',
  })
  @ForVersions()
  async edit(
    @Param('idOrHandle', idOrHandle) idOrHandle: string,
    @Body({ schema: ProductPatch }) patch: z.output<typeof ProductPatch>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const ifMatch = versionsWanted(request);
    return written(
      reply,
      await this.commands.execute(new EditProduct({ ...patch, idOrHandle, ...(ifMatch && { ifMatch }) })),
    );
  }

  @Post(':idOrHandle/publish')
  @Answers(200, PublishProduct, { summary: 'Puts a product into the shop, a draft or an archived one. Again is fine.' })
  async publish(@Param('idOrHandle', idOrHandle) idOrHandle: string, @Res({ passthrough: true }) reply: FastifyReply) {
    return written(reply, await this.commands.execute(new PublishProduct({ idOrHandle })));
  }

  @Post(':idOrHandle/archive')
  @Answers(200, ArchiveProduct, {
    summary: 'Takes a product out of the shop; it can be published again. Again is fine.',
  })
  async archive(@Param('idOrHandle', idOrHandle) idOrHandle: string, @Res({ passthrough: true }) reply: FastifyReply) {
    return written(reply, await this.commands.execute(new ArchiveProduct({ idOrHandle })));
  }
}

function written(reply: FastifyReply, product: z.output<typeof Product>): z.output<typeof Product> {
  reply.header('etag', `"${product.version}"`);
  return product;
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
