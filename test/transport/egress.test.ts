import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseAddress, refusedAddress, type Egress } from '../../src/transport/egress.ts'

const refused = (url: string, egress: Egress = []) => refusedAddress(new URL(url), egress)

describe('egress', () => {
  it('refuses what is inside the platform, in every spelling', () => {
    for (const host of [
      '169.254.169.254', '169.254.169.254.', '2852039166', '0xa9fea9fe', '0xA9.0xFE.0xA9.0xFE', '0251.0376.0251.0376', '169.254.43518', '169.16689662',
      '[::ffff:169.254.169.254]', '[::ffff:a9fe:a9fe]', '[0:0:0:0:0:ffff:a9fe:a9fe]', '[::a9fe:a9fe]', '[64:ff9b::a9fe:a9fe]', '[2002:a9fe:a9fe::1]',
      '[fd00:ec2::254]', '[fe80::1]', '127.0.0.1', '127.1', '[::1]', '[::]', '0.0.0.0', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1',
      '100.64.0.1', '100.100.100.200', '168.63.129.16', '[fc00::1]', '[fdff::1]', '[fec0::1]', '[ff02::1]', '224.0.0.1', '255.255.255.255', '198.18.0.1',
      'localhost', 'LOCALHOST.', 'a.localhost', 'metadata', 'metadata.google.internal', 'metadata.google.internal.', 'instance-data', 'instance-data.ec2.internal',
      'printer.local', 'web', '%6c%6f%63%61%6c%68%6f%73%74', '①②⑦.⓪.⓪.①',
    ]) assert.match(refused(`http://${host}:80/x`) ?? 'allowed', /SLUICE_EGRESS_ALLOW can allow it$/, host)
  })

  it('allows what is public', () => {
    for (const host of ['example.com', '8.8.8.8', '172.15.0.1', '172.32.0.1', '100.128.0.1', '169.253.0.1', '[2606:4700::1]', 'internal.example.com', 'metadata-x.example.com']) {
      assert.equal(refused(`https://${host}/`), undefined, host)
    }
  })

  it('allows what the deployment lists', () => {
    assert.equal(refused('http://10.1.2.3/', ['10.0.0.0/8']), undefined)
    assert.notEqual(refused('http://11.1.2.3.internal/', ['10.0.0.0/8']), undefined)
    assert.equal(refused('http://[::ffff:10.1.2.3]/', ['10.1.2.3']), undefined)
    assert.equal(refused('http://db.shop.svc.internal/', ['.SVC.internal']), undefined)
    assert.notEqual(refused('http://svc.internal/', ['.svc.internal']), undefined)
    assert.equal(refused('http://web:9100/', ['web']), undefined)
    assert.equal(refused('http://[fd12::1]/', ['fd12::/16']), undefined)
    for (const address of ['10.0.0.1', '192.168.0.1', '[::1]', '[fc00::1]', '100.64.1.1']) assert.equal(refused(`http://${address}/`, ['private']), undefined, address)
    // Whoever means these has to say so.
    for (const address of ['169.254.169.254', '[fd00:ec2::254]', '100.100.100.200', '[fe80::1]']) assert.notEqual(refused(`http://${address}/`, ['private']), undefined, address)
    assert.equal(refused('http://169.254.169.254/', ['169.254.169.254']), undefined)
    assert.equal(refused('http://169.254.169.254/', 'any'), undefined)
    assert.equal(refused('http://metadata/', ['*']), undefined)
  })

  it('takes nothing for a range that is none', () => {
    for (const entry of ['10.0.0.0/33', '10.0.0.0/', '10.0.0/8', '300.0.0.0/8', '', '/8', '10.0.0.0/-1', '::/129', 'x']) {
      assert.notEqual(refused('http://10.0.0.1/', [entry]), undefined, entry)
    }
  })

  it('reads addresses', () => {
    assert.equal(parseAddress('1.2.3.4'), 0xffff_0102_0304n)
    assert.equal(parseAddress('::'), 0n)
    assert.equal(parseAddress('1::8'), (1n << 112n) | 8n)
    assert.equal(parseAddress('1:2:3:4:5:6:7:8'), 0x0001_0002_0003_0004_0005_0006_0007_0008n)
    for (const none of ['1.2.3', '1.2.3.256', 'a.b.c.d', ':::', 'x::', '1:2']) assert.equal(parseAddress(none), undefined, none)
  })
})
