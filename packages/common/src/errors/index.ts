export * from './error-text';
export * from './loupe-error';
