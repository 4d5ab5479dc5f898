import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type * as z from 'zod';
import { Answers, type Upload } from '#kernel/http';
import { GetProduct, ImportProducts, ListProducts } from '../contracts/index.js';
import { importDescription, importExamples } from './import-examples.js';
import { ImportReport, ProductImport } from './product-import.js';
import { unreadableFile } from './unreadable-file.js';

@ApiTags('products')
@Controller({ path: 'products', version: '1' })
export class ProductsController {
  constructor(
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

  @Get()
  @Answers(200, ListProducts, { summary: 'Published products, newest first, a page at a time.' })
  list(@Query({ schema: ListProducts.input }) page: z.infer<typeof ListProducts.input>) {
    return this.queries.execute(new ListProducts(page));
  }

  @Get(':idOrHandle')
  @Answers(200, GetProduct, { summary: 'One product, by its id or handle.' })
  get(@Param('idOrHandle', { schema: GetProduct.input.shape.idOrHandle }) idOrHandle: string) {
    return this.queries.execute(new GetProduct({ idOrHandle }));
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
