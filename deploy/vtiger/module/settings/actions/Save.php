<?php

require_once 'modules/WooVtigerSync/lib/bootstrap.php';

/**
 * What the forms of the settings page do. Vtiger's class demands an administrator, POST and the form's token.
 */
class Settings_WooVtigerSync_Save_Action extends Settings_Vtiger_Basic_Action
{
    public function process(Vtiger_Request $request)
    {
        try {
            $this->run((string) $request->getMode(), $request);
        } catch (InvalidArgumentException $e) {
            Vtiger_Session::set('woovtigersync_fault', $e->getMessage());
        }
        header('Location: ' . WooVtigerSync_Installer::LINK_URL);
    }

    private function run(string $mode, Vtiger_Request $request): void
    {
        switch ($mode) {
            case 'settings':
                $this->settings($request);
                break;
            case 'secret':
                Vtiger_Session::set('woovtigersync_secret', WooVtigerSync_Settings::newSecret());
                Vtiger_Session::set('woovtigersync_message', 'LBL_SECRET_MADE');
                break;
            case 'test':
                $this->test();
                break;
            case 'resend':
                WooVtigerSync_Outbox::resend((int) $request->get('delivery'));
                (new WooVtigerSync_Sender())->sendDue();
                Vtiger_Session::set('woovtigersync_message', 'LBL_RESENT');
                break;
            default:
                throw new InvalidArgumentException('LBL_UNKNOWN');
        }
    }

    private function settings(Vtiger_Request $request): void
    {
        // Unpurified: Vtiger's purifier would write &amp; into an address. It is checked, and escaped where it is shown.
        $url = isset($_POST['callback_url']) && is_string($_POST['callback_url']) ? $_POST['callback_url'] : '';
        $secret = isset($_POST['callback_secret']) && is_string($_POST['callback_secret']) ? $_POST['callback_secret'] : '';
        $modules = isset($_POST['callback_modules']) && is_array($_POST['callback_modules']) ? $_POST['callback_modules'] : [];
        if ($secret !== '') {
            WooVtigerSync_Settings::setSecret($secret);
        }
        WooVtigerSync_Settings::setModules(array_filter($modules, 'is_string'));
        WooVtigerSync_Settings::setUrl($url);
        if (WooVtigerSync_Settings::url() !== '' && WooVtigerSync_Settings::secret() === '') {
            Vtiger_Session::set('woovtigersync_secret', WooVtigerSync_Settings::newSecret());
        }
        Vtiger_Session::set('woovtigersync_message', 'LBL_SAVED');
    }

    private function test(): void
    {
        if (!WooVtigerSync_Settings::active()) {
            throw new InvalidArgumentException('LBL_NOT_SET');
        }
        list($http, $error) = (new WooVtigerSync_Sender())->test();
        $good = $http >= 200 && $http < 300;
        Vtiger_Session::set($good ? 'woovtigersync_message' : 'woovtigersync_fault', $good ? 'LBL_TEST_GOOD' : 'LBL_TEST_BAD');
        Vtiger_Session::set('woovtigersync_detail', $http > 0 ? 'HTTP ' . $http : $error);
    }
}
