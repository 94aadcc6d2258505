module.exports = {
  testEnvironment: 'jsdom',
  testMatch: ['<rootDir>/tests/logic/**/*.test.js'],
  transform: { '\\.js$': '<rootDir>/tests/logic/transform.js' },
  setupFiles: ['<rootDir>/tests/logic/setup.js'],
}
