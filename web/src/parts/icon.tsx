// Small pictures, drawn with one pen. They say nothing that is not written beside them.

const PATHS = {
  sessions: 'M4 5h16M4 12h16M4 19h10',
  campaigns: 'M3 11v3l4 .5V10.5zM7 10l11-5v15L7 14.5M9 15l1.5 5H13l-1.5-4.5',
  contacts: 'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c0-4 3-6.5 6.5-6.5s6.5 2.5 6.5 6.5M16 4.5a3.5 3.5 0 0 1 0 6.5M18 14c2.2.8 3.5 3 3.5 6',
  live: 'M12 14a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM8 16a5.6 5.6 0 0 1 0-8M16 8a5.6 5.6 0 0 1 0 8M5 19a9.9 9.9 0 0 1 0-14M19 5a9.9 9.9 0 0 1 0 14',
  history: 'M4 12a8 8 0 1 0 2.6-5.9L4 8.500M4 4v4.500h4.500M12 8v4.500l3 2',
  audit: 'M12 3l8 3v6c0 5-3.500 8-8 9-4.500-1-8-4-8-9V6zM8.500 12l2.500 2.500 4.500-5',
  system: 'M4 5h16v6H4zM4 13h16v6H4zM7.500 8h.01M7.500 16h.01',
  settings: 'M4 7h10M18 7h2M4 17h2M10 17h10M16 9.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5zM8 19.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5z',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.500 20.500c0-4 3.500-6 7.500-6s7.500 2 7.500 6',
  out: 'M14 4H5v16h9M10 12h11M17 8l4 4-4 4',
  offline: 'M3 3l18 18M5 10a10 10 0 0 1 3-2M19 10a10 10 0 0 0-6-2.900M8 13.500a6 6 0 0 1 3-1.500M12 18h.01',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l5 5',
  close: 'M5 5l14 14M19 5L5 19',
  file: 'M6 3h8l5 5v13H6zM14 3v5h5M9 13h6M9 17h6',
  play: 'M7 4l13 8-13 8z',
  stop: 'M6 6h12v12H6z',
  back: 'M20 12H4M10 6l-6 6 6 6',
  check: 'M4 12.500l5 5L20 6.500',
  warning: 'M12 3l10 18H2zM12 10v5M12 18h.01',
  download: 'M12 4v11M7 11l5 5 5-5M4 20h16',
  phone: 'M6 3.500h3l1.500 4.500-2 1.500a12 12 0 0 0 6 6l1.500-2 4.500 1.500v3a2.500 2.500 0 0 1-2.700 2.500A17 17 0 0 1 3.500 6.200 2.500 2.500 0 0 1 6 3.500z',
  incoming: 'M19 5L7 17M7 8v9h9',
  outgoing: 'M5 19L17 7M8 7h9v9',
  pause: 'M8 5v14M16 5v14',
  refresh: 'M20 12a8 8 0 1 1-2.600-5.900L20 8.500M20 4v4.500h-4.500',
  copy: 'M8 8h12v12H8zM16 8V4H4v12h4',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
