// What tsc does not see: types used loosely, hooks used wrongly, promises left alone.

import hooks from 'eslint-plugin-react-hooks';
import { defineConfig } from 'eslint/config';
import typescript from 'typescript-eslint';

export default defineConfig(
  { ignores: ['assets/', 'src/api/schema.d.ts', 'e2e/shots/', 'test-results/', 'eslint.config.js'] },
  ...typescript.configs.strictTypeChecked,
  hooks.configs.flat['recommended-latest'] ?? hooks.configs.flat.recommended,
  {
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      'max-lines': ['error', { max: 400 }],
      // Numbers in texts are what texts are for.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // What a handler gives back is nobody's business.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // What a push holds is said by whoever listens for it.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // The router leads elsewhere by throwing, as it is documented.
      '@typescript-eslint/only-throw-error': 'off',
      // What is done is done once: `useCommand` is a mutation that sees to that.
      'no-restricted-imports': ['error', { paths: [{ name: '@tanstack/react-query', importNames: ['useMutation'], message: 'useCommand of api/command' }] }],
      // TanStack Table and Virtual keep what they know in their own objects; nothing here is compiled by React's compiler.
      'react-hooks/incompatible-library': 'off',
    },
  },
  { files: ['src/api/command.ts'], rules: { 'no-restricted-imports': 'off' } },
);
