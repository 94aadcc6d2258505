// Uploads a version to WeChat through miniprogram-ci: node scripts/upload.mjs 1.2.0 "What is new"
//
// From the environment: MINIPROGRAM_APPID, MINIPROGRAM_KEY (the upload key's text) or MINIPROGRAM_KEY_FILE,
// MINIPROGRAM_HOST (https://…, listed in WeChat's console as request, socket, upload, download and business domain).
// The key goes into a file that only we can read and that is gone afterwards. --dry-run stops before the upload.

import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { readSources } from '../tests/checks/sources.mjs'

const CI = 'miniprogram-ci@2.1.42'
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')

function stop(text) {
  console.error(`✗ ${text}`)
  process.exit(1)
}

const dry = process.argv.includes('--dry-run')
const [version, description = ''] = process.argv.slice(2).filter((word) => word !== '--dry-run')
const { MINIPROGRAM_APPID: appid, MINIPROGRAM_HOST: host, MINIPROGRAM_KEY: key, MINIPROGRAM_KEY_FILE: keyFile } = process.env
if (!/^\d+\.\d+\.\d+$/.test(version ?? '')) stop('用法: node scripts/upload.mjs 1.2.0 "更新说明" [--dry-run]')
if (!/^wx[0-9a-f]{16}$/.test(appid ?? '')) stop('MINIPROGRAM_APPID 不是小程序的 appid(wx 加 16 位)')
if (!/^https:\/\/[\w.-]+$/.test(host ?? '')) stop('MINIPROGRAM_HOST 应为 https://域名,末尾不带斜杠')
if (!key && !keyFile) stop('缺少上传密钥:设置 MINIPROGRAM_KEY 或 MINIPROGRAM_KEY_FILE')

const run = (command, args, cwd) => spawnSync(command, args, { cwd, stdio: 'inherit' }).status

if (run(process.execPath, [path.join(root, 'tests/checks/run.mjs')], root)) stop('检查没有通过,未上传')

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'miniprogram-'))
process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }))
const project = path.join(folder, 'project')
for (const file of readSources(root).files) {
  fs.mkdirSync(path.dirname(path.join(project, file)), { recursive: true })
  fs.copyFileSync(path.join(root, file), path.join(project, file))
}
const settings = JSON.parse(fs.readFileSync(path.join(root, 'project.config.json'), 'utf8'))
fs.writeFileSync(path.join(project, 'project.config.json'), JSON.stringify({ ...settings, appid }, null, 2))
const hosts = { release: host, trial: host, develop: host }
fs.writeFileSync(path.join(project, 'services/hosts.js'), `export const HOSTS = ${JSON.stringify(hosts)}\n`)

const secret = path.join(folder, 'upload.key')
fs.writeFileSync(secret, key ?? fs.readFileSync(/** @type {string} */ (keyFile)), { mode: 0o600 })
const words = ['--yes', CI, 'upload', '--pp', project, '--pkp', secret, '--appid', appid, '--uv', version, '--ud', description, '-r', '1']
if (dry) console.log(`准备好了:${version} → ${appid},${host}(未上传)`)
else if (run('npx', words, folder)) stop('上传失败')
