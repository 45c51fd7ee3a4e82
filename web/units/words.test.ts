// Documented texts, byte for byte, as they are written down here; and no language that lacks or adds a text.

import { describe, expect, test } from 'vitest';

import { LANGUAGES, words } from '../src/words';

// As the documents have them.
const DOCUMENTED = {
  'parts.loading': 'Yuklanmoqda...',
  'parts.session.PENDING': 'Navbatda...',
  'parts.session.RUNNING': 'Qayta ishlanmoqda...',
  'parts.session.COMPLETED': 'Muvaffaqiyatli tugallandi',
  'parts.session.FAILED': 'Xatolik yuz berdi',
  'parts.call.ANSWERED': 'Telefon ko\'tarildi',
  'parts.call.NO_ANSWER': 'Javob berilmadi',
  'parts.call.BUSY': 'Band',
  'parts.call.FAILED': 'O\'chirilgan/mavjud emas',
  'parts.call.CONNECTED_TO_OPERATOR': 'Operator bilan bog\'landi',
  'parts.call.REJECTED': 'Rad etildi',
  'parts.call.INVALID_NUMBER': 'Noto\'g\'ri raqam',
  'parts.call.NETWORK_ERROR': 'Tarmoq xatosi',
  'parts.explained.ANSWERED': 'Mijoz telefoni ko\'tardi',
  'parts.explained.NO_ANSWER': 'Telefon jiringladi lekin ko\'tarilmadi',
  'parts.explained.BUSY': 'Telefon band edi',
  'parts.explained.FAILED': 'Raqam o\'chirilgan yoki mavjud emas',
  'parts.explained.CONNECTED_TO_OPERATOR': 'Operator bilan muvaffaqiyatli gaplashdi',
  'parts.explained.REJECTED': 'Qo\'ng\'iroq rad etildi',
  'parts.explained.INVALID_NUMBER': 'Raqam formati noto\'g\'ri',
  'parts.explained.NETWORK_ERROR': 'Tarmoq bilan bog\'liq xatolik',
  'sessions.upload': 'Upload File',
  'sessions.start': 'Start Calls',
  'sessions.uploadedNotice': 'File yuklandi va remote serverga joylashtirildi!',
  'sessions.endedNotice': 'Call session tugallandi!',
  'sessions.error': 'Xatolik: {{text}}',
  'sessions.session': 'Session:',
  'sessions.total': 'Jami:',
  'sessions.processed': 'Qayta ishlangan:',
  'sessions.connected': 'Muvaffaqiyatli:',
  'sessions.answered': 'Ko\'tardi:',
  'sessions.failed': 'Muvaffaqiyatsiz:',
  'sessions.unanswered': 'Ko\'tarmadi:',
  'sessions.duration': 'Davomiyligi:',
  'sessions.seconds': '{{count}}s',
  'sessions.fault': 'Xato:',
  'sessions.response': 'Server javobi:',
  'sessions.columns.phone': 'Telefon',
  'sessions.columns.status': 'Status',
  'sessions.columns.operator': 'Operator',
  'sessions.columns.duration': 'Davomiyligi',
  'sessions.columns.time': 'Vaqt',
  'sessions.columns.session': 'Session ID',
  'sessions.columns.progress': 'Progress',
  'sessions.columns.counts': 'Statistika',
  'live.incoming.title': 'Kiruvchi qo\'ng\'iroq',
  'live.incoming.number': 'Raqam: {{number}}',
  'live.incoming.extension': 'Extension: {{extension}}',
  'live.incoming.state': 'Holat: {{state}}',
  'live.states.kelyapti': 'Kelyapti',
  'live.directions.kiruvchi': 'Kiruvchi',
  'live.directions.chiquvchi': 'Chiquvchi',
  'history.columns.direction': 'Yo\'nalish',
  'history.columns.numbers': 'Raqamlar',
  'history.columns.time': 'Vaqt',
  'history.columns.duration': 'Davomiylik',
  'history.columns.status': 'Holat',
  'calling.status.PENDING': 'Kutilmoqda',
  'calling.status.CALLING': 'Qo\'ng\'iroq qilinmoqda',
  'calling.status.SUCCESS': 'Muvaffaqiyatli',
  'calling.status.FAILED': 'Muvaffaqiyatsiz',
  'calling.status.NO_ANSWER': 'Javob berilmadi',
  'calling.status.BUSY': 'Band',
  'calling.status.PROMISE_TO_PAY': 'To\'lash va\'da berildi',
  'calling.status.REFUSED': 'Rad etildi',
  'calling.status.CALLBACK_REQUESTED': 'Qayta qo\'ng\'iroq so\'raldi',
  'calling.type.GENERAL': 'Umumiy maqsadlar',
  'calling.type.DEBT_COLLECTION': 'Qarz yig\'ish',
  'calling.type.SURVEY': 'So\'rovnoma',
  'calling.type.REMINDER': 'Xatirlatma',
  'calling.type.MARKETING': 'Marketing',
  'calling.type.CUSTOMER_SERVICE': 'Mijozlar xizmati',
  'calling.contactExplained.ACTIVE': 'Faol kontakt, qo\'ng\'iroq qilish mumkin',
  'calling.contactExplained.INACTIVE': 'Faol emas',
  'calling.contactExplained.COMPLETED': 'Maqsadga erishildi (masalan, qarz to\'landi)',
  'calling.contactExplained.DO_NOT_CALL': 'Qo\'ng\'iroq qilmaslik kerak',
} as const;

type Tree = { readonly [key: string]: string | Tree };

function leaves(tree: Tree, path = ''): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]) => (typeof value === 'string' ? [[path + key, value]] : leaves(value, `${path}${key}.`)));
}

function told(language: string): Map<string, string> {
  return new Map(leaves(words.getResourceBundle(language, 'translation') as Tree));
}

describe('words', () => {
  test.each(Object.entries(DOCUMENTED))('%s is the documented text', (key, text) => {
    expect(told('uz').get(key)).toBe(text);
  });

  test.each(LANGUAGES)('%s has every text, with the same gaps in it, and no other', (language) => {
    const gaps = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).sort();
    const [ours, uzbek] = [told(language), told('uz')];
    expect([...ours.keys()]).toEqual([...uzbek.keys()]);
    for (const [key, text] of ours) {
      expect(text.trim(), key).not.toBe('');
      expect(gaps(text), key).toEqual(gaps(uzbek.get(key) ?? ''));
    }
  });

  test('no apostrophe is another one than ASCII', () => {
    for (const [key, text] of told('uz')) expect(text, key).not.toMatch(/[ʻʼ‘’`]/);
  });

  test('what is Cyrillic is Cyrillic', () => {
    const latin = [...told('uz-Cyrl')].filter(([, text]) => /[a-z]/i.test(text.replace(/\{\{\w+\}\}|\.\w+|API|CSV|karnay/g, '')));
    expect(latin).toEqual([]);
  });
});
