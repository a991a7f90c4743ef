// Rules of access, and credentials of users. Facts from Kafka's public message definitions (4.3; versions that only older brokers know: 3.9).
import { defineApi } from '../message/codec.ts'
import { array, bytes, int16, int32, int8, string } from '../message/fields.ts'

export const describeAcls = defineApi(
  { key: 29, name: 'DescribeAcls', versions: '0-3', flexible: '2+' },
  {
    resourceTypeFilter: int8(),
    resourceNameFilter: string('0+', { nullable: '0+' }),
    patternTypeFilter: int8('1+', { default: 3 }),
    principalFilter: string('0+', { nullable: '0+' }),
    hostFilter: string('0+', { nullable: '0+' }),
    operation: int8(),
    permissionType: int8(),
  },
  {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string('0+', { nullable: '0+' }),
    resources: array('0+', {
      resourceType: int8(),
      resourceName: string(),
      patternType: int8('1+', { default: 3 }),
      acls: array('0+', {
        principal: string(),
        host: string(),
        operation: int8(),
        permissionType: int8(),
      }),
    }),
  },
)

export const createAcls = defineApi(
  { key: 30, name: 'CreateAcls', versions: '0-3', flexible: '2+' },
  {
    creations: array('0+', {
      resourceType: int8(),
      resourceName: string(),
      resourcePatternType: int8('1+', { default: 3 }),
      principal: string(),
      host: string(),
      operation: int8(),
      permissionType: int8(),
    }),
  },
  {
    throttleTimeMs: int32(),
    results: array('0+', {
      errorCode: int16(),
      errorMessage: string('0+', { nullable: '0+' }),
    }),
  },
)

export const deleteAcls = defineApi(
  { key: 31, name: 'DeleteAcls', versions: '0-3', flexible: '2+' },
  {
    filters: array('0+', {
      resourceTypeFilter: int8(),
      resourceNameFilter: string('0+', { nullable: '0+' }),
      patternTypeFilter: int8('1+', { default: 3 }),
      principalFilter: string('0+', { nullable: '0+' }),
      hostFilter: string('0+', { nullable: '0+' }),
      operation: int8(),
      permissionType: int8(),
    }),
  },
  {
    throttleTimeMs: int32(),
    filterResults: array('0+', {
      errorCode: int16(),
      errorMessage: string('0+', { nullable: '0+' }),
      matchingAcls: array('0+', {
        errorCode: int16(),
        errorMessage: string('0+', { nullable: '0+' }),
        resourceType: int8(),
        resourceName: string(),
        patternType: int8('1+', { default: 3 }),
        principal: string(),
        host: string(),
        operation: int8(),
        permissionType: int8(),
      }),
    }),
  },
)

export const describeUserScramCredentials = defineApi(
  { key: 50, name: 'DescribeUserScramCredentials', versions: '0', flexible: '0+' },
  {
    users: array(
      '0+',
      {
        name: string(),
      },
      { nullable: '0+' },
    ),
  },
  {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string('0+', { nullable: '0+' }),
    results: array('0+', {
      user: string(),
      errorCode: int16(),
      errorMessage: string('0+', { nullable: '0+' }),
      credentialInfos: array('0+', {
        mechanism: int8(),
        iterations: int32(),
      }),
    }),
  },
)

export const alterUserScramCredentials = defineApi(
  { key: 51, name: 'AlterUserScramCredentials', versions: '0', flexible: '0+' },
  {
    deletions: array('0+', {
      name: string(),
      mechanism: int8(),
    }),
    upsertions: array('0+', {
      name: string(),
      mechanism: int8(),
      iterations: int32(),
      salt: bytes(),
      saltedPassword: bytes(),
    }),
  },
  {
    throttleTimeMs: int32(),
    results: array('0+', {
      user: string(),
      errorCode: int16(),
      errorMessage: string('0+', { nullable: '0+' }),
    }),
  },
)
