export * from './bind-parameters';
export * from './dialect';
export * from './judge-statement';
export * from './lexer';
export * from './parameters';
export * from './text-position';
