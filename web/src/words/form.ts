// What a section of the words looks like: texts in four languages, of which Uzbek says which there are.
// A language that lacks one, or has one too many, does not compile. Sentences avoid counting forms ("Jami: {{count}}"), which each language has otherwise.

export const LANGUAGES = ['uz', 'uz-Cyrl', 'ru', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

export interface Words {
  readonly [key: string]: string | Words;
}

/** The same texts in another language. */
export type Same<T> = { readonly [Key in keyof T]: T[Key] extends string ? string : Same<T[Key]> };

export type Section<T> = { readonly uz: T } & { readonly [Other in Exclude<Language, 'uz'>]: Same<T> };

export function section<const T extends Words>(texts: Section<T>): Section<T> {
  return texts;
}
