// All that the session core may expect of its host beyond the language: browsers and the mini-program both have it.
declare function setTimeout(run: () => void, ms: number): number
declare function clearTimeout(timer: number | undefined): void
