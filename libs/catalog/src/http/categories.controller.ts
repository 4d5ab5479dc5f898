import { Controller, Get, Header } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Answers } from '#kernel/http';
import { ListCategories } from '../contracts/index.js';

@ApiTags('products')
@Controller({ path: 'categories', version: '1' })
export class CategoriesController {
  constructor(private readonly queries: QueryBus) {}

  @Get()
  @Answers(200, ListCategories, {
    summary: 'The categories of published products and all above them, with the number of products in and below each.',
    description: 'Of more than 2,000 categories, the 2,000 with the most products count.',
  })
  @Header('Cache-Control', 'public, max-age=5')
  list() {
    return this.queries.execute(new ListCategories({}));
  }
}
