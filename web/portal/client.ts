import { createClient } from '@common/client'

export const client = createClient('portal')
