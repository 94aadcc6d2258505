// The typings of WeChat know clearTimeout with a number only; like a browser's it takes undefined too.
declare function clearTimeout(timer: number | undefined): void
declare function clearInterval(timer: number | undefined): void
