// The horn.

export function Logo() {
  return (
    <svg className="logo" viewBox="0 0 110 48" aria-hidden="true">
      <path d="M4 41 L74 19 Q92 13 104 3 L106 45 Q94 31 78 28 L6 46 Z" fill="var(--brass-2)" />
      <ellipse cx="104.5" cy="24" rx="4.5" ry="21" fill="var(--brass)" />
      <path d="M34 31.5 L36.6 38.4 M58 24 L61 32.4" stroke="var(--brass)" strokeWidth="3" />
    </svg>
  );
}
