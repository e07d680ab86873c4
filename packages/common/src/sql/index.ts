export * from './bind-parameters';
export * from './lexer';
export * from './parameters';
