import { createClient } from '@common/client'

export const client = createClient('h5')
